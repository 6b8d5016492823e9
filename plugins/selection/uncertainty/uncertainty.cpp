// Uncertainty sampling. Its three measures stay in one plugin: they are one method, and agree for
// two classes.
#include "assay/registry.h"
#include "selection/shared/scored.h"
#include "selection/uncertainty/scores.h"

using namespace selection;

ASSAY_PLUGIN(registry) {
  registry.add<Scored<entropy, {.logits = true}>>(
      "entropy", "Selects the samples with the highest entropy of the predicted classes.");
  registry.add<Scored<margin, {.logits = true}>>(
      "margin", "Selects the samples whose two likeliest classes have the closest probabilities.");
  registry.add<Scored<least_confidence, {.logits = true}>>(
      "least_confidence", "Selects the samples whose likeliest class has the lowest probability.");
}
