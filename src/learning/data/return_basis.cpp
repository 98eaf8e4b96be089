#include "learning/data/return_basis.hpp"

namespace clm {

ReturnBasis return_basis(LabelTarget target) {
  return target == LabelTarget::plain ? ReturnBasis::own : ReturnBasis::relative;
}

}  // namespace clm
