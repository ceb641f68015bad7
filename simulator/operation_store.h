// Long-running operations of Vertex: they belong to the project that started them.
#pragma once

#include <deque>
#include <string>

namespace moongate::sim {

struct Operation {
  std::string name;  // "projects/P/locations/L/publishers/google/models/M/operations/ID"
  std::string project;
  int polls_left = 0;  // fetches that still find it running
};

class OperationStore {
 public:
  static constexpr std::size_t kMost = 10'000;

  void add(Operation operation) {
    if (operations_.size() >= kMost) operations_.pop_front();
    operations_.push_back(std::move(operation));
  }
  // nullptr: unknown, or another project's.
  Operation* find(const std::string& name, const std::string& project) {
    for (Operation& each : operations_) {
      if (each.name == name && each.project == project) return &each;
    }
    return nullptr;
  }
  void clear() { operations_.clear(); }

 private:
  std::deque<Operation> operations_;
};

}  // namespace moongate::sim
