#include "crypto/certificate.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "crypto/openssl_ptr.h"
#include "crypto/random.h"
#include "crypto/secret_file.h"

namespace moongate {
namespace {

constexpr std::int64_t kDay = 86400;

using ExtensionPtr = OpensslPtr<X509_EXTENSION, X509_EXTENSION_free>;
using NamesPtr = OpensslPtr<GENERAL_NAMES, GENERAL_NAMES_free>;
using NamePtr = OpensslPtr<GENERAL_NAME, GENERAL_NAME_free>;

bool add_extension(X509* certificate, int nid, const char* value) {
  X509V3_CTX ctx;
  X509V3_set_ctx_nodb(&ctx);
  X509V3_set_ctx(&ctx, certificate, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &ctx, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool is_host_name(std::string_view name) {
  return !name.empty() && name.size() <= 253 && name.front() != '.' && name.front() != '-' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") ==
             std::string_view::npos;
}

NamePtr general_name(const std::string& name) {
  std::array<unsigned char, 16> address{};
  std::size_t size = 0;
  if (inet_pton(AF_INET, name.c_str(), address.data()) == 1)
    size = 4;
  else if (inet_pton(AF_INET6, name.c_str(), address.data()) == 1)
    size = 16;
  else if (!is_host_name(name))
    return nullptr;
  NamePtr made(GENERAL_NAME_new());
  ASN1_STRING* value = size > 0 ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
  if (!made || value == nullptr) return nullptr;
  GENERAL_NAME_set0_value(made.get(), size > 0 ? GEN_IPADD : GEN_DNS, value);
  const void* bytes = size > 0 ? static_cast<const void*>(address.data()) : name.data();
  if (ASN1_STRING_set(value, bytes, static_cast<int>(size > 0 ? size : name.size())) != 1) return nullptr;
  return made;
}

bool add_alternative_names(X509* certificate, const std::vector<std::string>& names) {
  const NamesPtr list(GENERAL_NAMES_new());
  if (!list) return false;
  for (const std::string& name : names) {
    NamePtr made = general_name(name);
    if (!made || sk_GENERAL_NAME_push(list.get(), made.get()) <= 0) return false;
    made.release();  // the list's
  }
  return X509_add1_ext_i2d(certificate, NID_subject_alt_name, list.get(), 0, X509V3_ADD_DEFAULT) == 1;
}

// Subject, times, serial and key; neither extensions nor signature.
X509Ptr bare_certificate(EVP_PKEY* key, std::string_view common_name, std::int64_t from_s,
                         std::int64_t until_s) {
  X509Ptr made(X509_new());
  // 63 bits: positive, and never zero because of the top bit.
  std::string serial = random_bytes(8);
  serial[0] = static_cast<char>((serial[0] & 0x7f) | 0x40);
  const BignumPtr number(BN_bin2bn(as_uchar(serial.data()), 8, nullptr));
  if (!made || !number) return nullptr;
  X509_NAME* name = X509_get_subject_name(made.get());
  common_name = common_name.substr(0, 64);  // X.520's bound on a common name
  const bool ok =
      X509_set_version(made.get(), X509_VERSION_3) == 1 &&
      BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(made.get())) != nullptr &&
      ASN1_TIME_set(X509_getm_notBefore(made.get()), static_cast<std::time_t>(from_s)) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(made.get()), static_cast<std::time_t>(until_s)) != nullptr &&
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, as_uchar(common_name.data()),
                                 static_cast<int>(common_name.size()), -1, 0) == 1 &&
      X509_set_issuer_name(made.get(), name) == 1 && X509_set_pubkey(made.get(), key) == 1;
  if (!ok) return nullptr;
  return made;
}

std::string pem_of(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  char* data = nullptr;
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) return {};
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

Secret private_pem_of(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  char* data = nullptr;
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return {};
  const long size = BIO_get_mem_data(bio.get(), &data);
  return Secret(std::string(data, static_cast<std::size_t>(size)));
}

}  // namespace

std::string openssl_version() { return OpenSSL_version(OPENSSL_VERSION); }

Result<std::int64_t> certificate_end_s(std::string_view pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  std::tm until{};
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &until) != 1) {
    return openssl_error("it holds no certificate", ErrorKind::kInvalid);
  }
  return static_cast<std::int64_t>(timegm(&until));
}

Result<std::string> self_signed_certificate(const RsaPrivateKey& key, std::string_view common_name,
                                            std::int64_t from_s, std::int64_t until_s) {
  const X509Ptr made = bare_certificate(key.handle(), common_name, from_s, until_s);
  if (!made || !add_extension(made.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(made.get(), NID_key_usage, "critical,digitalSignature") ||
      !add_extension(made.get(), NID_ext_key_usage, "critical,clientAuth") ||
      X509_sign(made.get(), key.handle(), fetched_sha256()) == 0) {
    return openssl_error("a certificate of the signing key cannot be made");
  }
  return pem_of(made.get());
}

Result<ServerCertificate> make_server_certificate(const std::vector<std::string>& names, std::int64_t from_s,
                                                  std::int64_t until_s) {
  if (names.empty()) return Error(ErrorKind::kInvalid, "a server certificate needs at least one name");
  for (const std::string& name : names) {
    if (!general_name(name)) {
      return Error(ErrorKind::kInvalid, "\"" + name + "\" is neither a host name nor an IP address");
    }
  }
  const PkeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  if (!key) return openssl_error("a key for the server certificate cannot be generated");
  const X509Ptr made = bare_certificate(key.get(), names.front(), from_s, until_s);
  // No CA: rustls refuses a CA certificate as a server's, and every client trusts a listed leaf.
  if (!made || !add_extension(made.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(made.get(), NID_key_usage, "critical,digitalSignature") ||
      !add_extension(made.get(), NID_ext_key_usage, "serverAuth") ||
      !add_extension(made.get(), NID_subject_key_identifier, "hash") ||
      !add_alternative_names(made.get(), names) || X509_sign(made.get(), key.get(), fetched_sha256()) == 0) {
    return openssl_error("the server certificate cannot be made");
  }
  return ServerCertificate{pem_of(made.get()), private_pem_of(key.get())};
}

Result<ServerCertificateFiles> ensure_server_certificate(const std::filesystem::path& directory,
                                                         const std::vector<std::string>& names,
                                                         std::int64_t now_s) {
  ServerCertificateFiles files{directory / "server.crt", directory / "server.key", false};
  const Result<Secret> certificate = read_secret_file(files.certificate);
  const Result<Secret> key = read_secret_file(files.key);
  for (const Result<Secret>* file : {&certificate, &key}) {
    if (!file->ok() && file->error().kind != ErrorKind::kNotFound) return file->error();
  }
  if (certificate.ok() && key.ok()) {
    const Result<std::int64_t> ends = certificate_end_s(certificate->reveal());
    if (!ends) {
      return ends.error().wrap(files.certificate.string() +
                               " is not usable; delete it and server.key beside it, and new ones are made");
    }
    if (*ends - now_s > 7 * kDay) return files;
  }
  // An hour in the past, for clients whose clock is late.
  const Result<ServerCertificate> made =
      make_server_certificate(names, now_s - 3600, now_s + 825 * kDay - 3600);
  if (!made) return made.error();
  if (Status ok = write_secret_file(files.key, made->key_pem.reveal()); !ok) return ok.error();
  if (Status ok = write_secret_file(files.certificate, made->certificate_pem); !ok) return ok.error();
  files.created = true;
  return files;
}

std::vector<std::string> local_server_names() {
  std::vector<std::string> names = {"localhost", "127.0.0.1", "::1"};
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) == 0 && is_host_name(host.data()) &&
      std::find(names.begin(), names.end(), host.data()) == names.end()) {
    names.emplace_back(host.data());
  }
  return names;
}

}  // namespace moongate
