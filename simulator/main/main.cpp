// The simulator alone: what `moongate simulator` runs, without the gateway.
#include "simulator/simulator.h"

int main(int argc, char** argv) { return moongate::run_simulator({argv + 1, argv + argc}); }
