// Out-of-line destructors: the key functions of the interfaces, so that their typeinfo lives in
// this library alone, and a dynamic_cast agrees across plugins.
#include "assay/training.h"

namespace assay {

Log::~Log() = default;
Stateful::~Stateful() = default;
Model::~Model() = default;
Denoiser::~Denoiser() = default;
Maskable::~Maskable() = default;
Growable::~Growable() = default;
Promptable::~Promptable() = default;
Variational::~Variational() = default;
Fitted::~Fitted() = default;
Dataset::~Dataset() = default;
Problem::~Problem() = default;
Inputs::~Inputs() = default;
Results::~Results() = default;

std::string_view name_of(Split split) {
  switch (split) {
    case Split::kTrain:
      return "train";
    case Split::kValidation:
      return "validation";
    case Split::kTest:
      return "test";
  }
  return "unknown";
}

}  // namespace assay
