#include "assay/sdk/objective_view.h"

namespace assay {

ObjectiveView::~ObjectiveView() = default;

}  // namespace assay
