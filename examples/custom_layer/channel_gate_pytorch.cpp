// ChannelGate as PyTorch source: `fractal export --to pytorch` takes networks that have it along.
#include <fractal/driver/pytorch_layer.hpp>

#include "channel_gate.hpp"

namespace {

const fractal::PyTorchLayer registration(fractal::layer_spec<mine::ChannelGate>, "ChannelGate({channels})",
                                         R"PY(
class ChannelGate(nn.Module):
    """Scales each channel by the sigmoid of a linear map of all channels' means."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels, channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        nn.init.kaiming_uniform_(self.weight, a=5**0.5)

    def forward(self, x: Tensor) -> Tensor:
        gates = torch.sigmoid(F.linear(x.mean((2, 3)), self.weight, self.bias))
        return x * gates[:, :, None, None]
)PY");

} // namespace
