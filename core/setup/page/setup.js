import { clients } from './clients.js';
import { texts } from './texts.js';

const find = (id) => document.getElementById(id);
const meta = (name) => document.querySelector(`meta[name="${name}"]`).content;
const addresses = { api: meta('moongate-api'), control: meta('moongate-control') };

let language = navigator.language.startsWith('zh') ? 'zh' : 'en';
try {
  language = localStorage.getItem('moongate-language') === 'zh' ? 'zh'
    : localStorage.getItem('moongate-language') === 'en' ? 'en' : language;
} catch {
  // A browser that keeps nothing is asked again each time.
}
const text = (name) => texts[language][name];

function element(name, content, className) {
  const made = document.createElement(name);
  if (content !== undefined) made.textContent = content;
  if (className) made.className = className;
  return made;
}

function showClient() {
  const chosen = clients[find('client').selectedIndex];
  find('remark').textContent = chosen.remark ? text(chosen.remark) : '';
  find('snippet').textContent = chosen.text(addresses);
  find('copied').textContent = '';
}

function showTexts() {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  for (const each of document.querySelectorAll('[data-text]')) each.textContent = text(each.dataset.text);
  const other = find('language');
  other.textContent = language === 'zh' ? 'English' : '中文';
  other.lang = language === 'zh' ? 'en' : 'zh-CN';
  showClient();
  if (shown) showQuota(shown);
  else find('result').replaceChildren();
}

let shown = null;

function fault(message) {
  shown = null;
  find('result').replaceChildren(element('p', message, 'bad'));
}

function row(list, name, value) {
  if (value === undefined || value === null || value === '') return;
  list.append(element('dt', text(name)), element('dd', String(value)));
}

function limitsTable(limits) {
  const table = element('table');
  const head = element('tr');
  for (const name of ['limit', 'used', 'most', 'resets']) head.append(element('th', text(name)));
  table.append(head);
  for (const limit of limits) {
    const line = element('tr');
    const resets = limit.resets_at ? new Date(limit.resets_at).toLocaleString(document.documentElement.lang) : '';
    for (const value of [limit.name, limit.used, limit.limit, resets]) line.append(element('td', String(value ?? '')));
    table.append(line);
  }
  return table;
}

function showQuota(quota) {
  shown = quota;
  const list = element('dl');
  row(list, 'client', quota.client);
  row(list, 'user', typeof quota.user === 'object' ? quota.user?.name : quota.user);
  if (quota.balance !== undefined && quota.balance !== null) row(list, 'balance', `$${quota.balance}`);
  row(list, 'models', quota.models?.length ? quota.models.join(', ') : text('allModels'));
  const limits = quota.limits?.length ? limitsTable(quota.limits) : element('p', text('noLimits'));
  find('result').replaceChildren(element('p', text('valid'), 'good'), list, limits);
}

async function check(event) {
  event.preventDefault();
  find('result').replaceChildren(element('p', text('checking')));
  try {
    const answer = await fetch('/api/quota', {
      headers: { Authorization: `Bearer ${find('token').value.trim()}`, Accept: 'application/json' },
      credentials: 'omit', cache: 'no-store',
    });
    const body = await answer.json().catch(() => null);
    if (answer.ok && body) showQuota(body);
    else if (answer.status === 401) fault(text('unknown'));
    else fault(`${text('refused')} ${body?.error?.message ?? answer.status}`);
  } catch {
    fault(text('away'));
  }
}

for (const each of clients) find('client').append(element('option', each.title));
find('client').addEventListener('change', showClient);
find('check').addEventListener('submit', check);
find('language').addEventListener('click', () => {
  language = language === 'zh' ? 'en' : 'zh';
  try {
    localStorage.setItem('moongate-language', language);
  } catch {
    // As above.
  }
  showTexts();
});
find('copy').addEventListener('click', async () => {
  const snippet = find('snippet');
  try {
    await navigator.clipboard.writeText(snippet.textContent);
    find('copied').textContent = text('copied');
  } catch {
    // Without https there is no clipboard: what is selected can be copied by hand.
    const range = document.createRange();
    range.selectNodeContents(snippet);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  }
});
find('api').textContent = addresses.api;
find('script').textContent = `curl -fsS ${addresses.control}/client-setup.sh -o client-setup.sh\nsh client-setup.sh`;
showTexts();
