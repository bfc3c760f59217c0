from __future__ import annotations

from .base import ModelRunner, register

try:
    import torch
except ImportError:
    torch = None

if torch is not None:
    class Head(torch.nn.Module):
        def __init__(self, n):
            super().__init__()
            self.fc = torch.nn.Linear(768, n)

        def forward(self, x):
            return self.fc(x)

    @register(".pt")
    class TorchRunner(ModelRunner):
        device = "cuda"

        def _load(self):
            m = torch.jit.load(str(self.path), map_location=self.device)
            m.eval()
            return m

        def unload(self):
            super().unload()
            torch.cuda.empty_cache()

        def predict(self, x):
            with torch.no_grad():
                return self.model(torch.from_numpy(x)).cpu().numpy()
else:
    class TorchRunner(ModelRunner):  # type: ignore[no-redef]
        def _load(self):
            raise RuntimeError("torch is not installed")
