#include "models/networks/kernels/table.hpp"

#define CLM_NAME_OF(set) #set
#define CLM_NAME(set) CLM_NAME_OF(set)

namespace clm::CLM_KERNEL_SET {

const Kernels kKernels = {CLM_NAME(CLM_KERNEL_SET),
                          multiply,
                          attention,
                          attention_backward,
                          gelu,
                          relu,
                          relu_backward,
                          scale_by,
                          add_to,
                          drop,
                          add_dropped,
                          column_sums,
                          column_squares,
                          normalise,
                          norm_backward_sums,
                          norm_backward,
                          squared_norm,
                          adam};

}  // namespace clm::CLM_KERNEL_SET
