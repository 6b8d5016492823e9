#include "methods/coverage.h"
#include "methods/glister.h"
#include "methods/gradient_coverage.h"
#include "methods/leverage.h"
#include "methods/scored.h"
#include "methods/simple.h"
#include "methods/skmm.h"
#include "methods/strata.h"
#include "select.h"

using namespace selection;

ASSAY_PLUGIN(registry) {
  registry.add<Select>("select", "Selects samples of the training split for a later stage.");
  registry.add<Uniform>("uniform", "Samples drawn evenly, without replacement.");
  registry.add<ClassBalanced>("class_balanced", "As many samples of each class, drawn evenly.");
  registry.add<Full>("full", "All samples of the training split.");
  registry.add<Entropy>("entropy", "Samples of whose class the model is least sure: entropy.");
  registry.add<Margin>("margin", "Samples whose two likeliest classes lie closest.");
  registry.add<LeastConfidence>("least_confidence",
                                "Samples whose likeliest class is least likely.");
  registry.add<El2n>("el2n",
                     "Samples with the largest error of the probabilities (Paul, Ganguli and "
                     "Dziugaite, \"Deep learning on a data diet\", NeurIPS 2021).");
  registry.add<Grand>("grand",
                      "Samples with the largest sketched gradient (Paul, Ganguli and Dziugaite, "
                      "NeurIPS 2021); of one network.");
  registry.add<Forgetting>("forgetting",
                           "Samples that a training before forgot most often (Toneva et al., ICLR "
                           "2019).");
  registry.add<Herding>("herding", "Herding (Welling, ICML 2009) over features.");
  registry.add<HerdingDeepcore>(
      "herding_deepcore", "Herding as DeepCore has it, which takes the worst sample each time.");
  registry.add<KCentre>("k_centre",
                        "Greedy k-centre over features (Sener and Savarese, ICLR 2018).");
  registry.add<ContextualDiversity>("contextual_diversity",
                                    "Greedy k-centre by the divergence of the model's answers "
                                    "(Agarwal et al., ECCV 2020).");
  registry.add<Leverage>("leverage",
                         "Samples by their leverage, plain, truncated or with a ridge.");
  registry.add<AdaptivePivoting>("adaptive_pivoting",
                                 "Samples by what those before them do not span (Chen, Epperly, "
                                 "Tropp and Webber, 2022).");
  registry.add<Moderate>("moderate",
                         "Samples at the median distance to their class's mean (Xia et "
                         "al., ICLR 2023).");
  registry.add<CoverageCentric>("coverage_centric",
                                "Strata of EL2N scores, the hardest left out (Zheng et al., ICLR "
                                "2023).");
  registry.add<Craig>(
      "craig",
      "Weighted samples whose gradients are near those of all (Mirzasoleiman, Bilmes "
      "and Leskovec, ICML 2020).");
  registry.add<GradMatch>("grad_match",
                          "Weighted samples whose gradients add up to that of all (Killamsetty et "
                          "al., ICML 2021).");
  registry.add<Glister>("glister",
                        "Samples whose steps lower the validation loss (Killamsetty et al., AAAI "
                        "2021).");
  registry.add<Skmm>("skmm", "Sketchy Moment Matching (Dong, Phan, Pan and Lei, NeurIPS 2024).");
  registry.add<SkmmGreedy>("skmm_greedy",
                           "Greedy optimal design on sketched gradients, of SkMM's later code.");
}
