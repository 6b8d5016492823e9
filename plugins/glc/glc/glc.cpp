// General Line Coordinates: Kovalerchuk and Phan, "Full interpretable machine learning in 2D with
// inline coordinates", IV 2021, and what follows it.
#include "models/area_rules.h"
#include "models/cart.h"
#include "models/end_point.h"
#include "models/end_point_regression.h"
#include "models/hyperblocks.h"
#include "models/pictures.h"
#include "models/saved_rules.h"
#include "models/tree_areas.h"

ASSAY_PLUGIN(registry) {
  registry.add<glc::AreaRules>("area_rules",
                               "Rules that are areas of the 2-D picture, by sequential covering "
                               "(after Kovalerchuk and Phan, "
                               "IV 2021).");
  registry.add<glc::Cart>("cart", "Decision tree by the Gini impurity (Breiman et al., 1984).");
  registry.add<glc::EndPoint>(
      "end_point",
      "Threshold on the end point of dynamic in-line coordinates (after Kovalerchuk and Phan, IV "
      "2021).");
  registry.add<glc::EndPointRegression>(
      "end_point_regression", "Regression by the end point of dynamic in-line coordinates.");
  registry.add<glc::Hyperblocks>(
      "hyperblocks",
      "Pure boxes by interval and by merging (after Kovalerchuk and Hayes, IV 2021).");
  registry.add<glc::Pictures>(
      "glc_pictures", "Draws all rows and each rule of a model in general line coordinates.");
  registry.add<glc::SavedRules>("saved_rules", "Rules of a file, as `fit` and the page write it.");
  registry.add<glc::TreeAreas>(
      "tree_areas",
      "Areas for imbalanced classes, which trees propose and which are then made more general "
      "(after Kovalerchuk and Phan, 2023).");
}
