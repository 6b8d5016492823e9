// The program as CLP wants it: columns, of which each holds the simplex's row and the constraints'.
#include "simplex_program.h"

#include <algorithm>
#include <limits>
#include <memory>

#include <coin/Clp_C_Interface.h>

std::optional<std::vector<double>> maximize_on_simplex(const std::vector<double>& objective,
                                                       const std::vector<AtLeast>& constraints) {
  const auto columns = static_cast<int>(objective.size());
  const auto rows = static_cast<int>(constraints.size()) + 1;
  std::vector<CoinBigIndex> starts{0};
  std::vector<int> indices;
  std::vector<double> values;
  for (std::size_t i = 0; i < objective.size(); ++i) {
    indices.push_back(0);
    values.push_back(1);
    for (std::size_t k = 0; k < constraints.size(); ++k) {
      indices.push_back(static_cast<int>(k) + 1);
      values.push_back(constraints[k].row[i]);
    }
    starts.push_back(static_cast<CoinBigIndex>(indices.size()));
  }
  std::vector<double> low{1}, high{1};
  for (const auto& constraint : constraints) {
    low.push_back(constraint.low);
    high.push_back(std::numeric_limits<double>::max());
  }
  const std::vector<double> zeros(objective.size()), ones(objective.size(), 1);

  const std::unique_ptr<Clp_Simplex, void (*)(Clp_Simplex*)> model(Clp_newModel(), Clp_deleteModel);
  Clp_setLogLevel(model.get(), 0);
  Clp_loadProblem(model.get(), columns, rows, starts.data(), indices.data(), values.data(),
                  zeros.data(), ones.data(), objective.data(), low.data(), high.data());
  Clp_setObjSense(model.get(), -1);
  Clp_dual(model.get(), 0);
  if (Clp_status(model.get()) != 0) return {};
  const double* found = Clp_getColSolution(model.get());
  std::vector<double> x(found, found + columns);
  for (double& value : x) value = std::max(0.0, value);  // -1e-17 at a bound
  return x;
}
