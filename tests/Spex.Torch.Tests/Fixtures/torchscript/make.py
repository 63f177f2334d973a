"""Writes the TorchScript modules of these tests and what PyTorch says they give: python3 make.py (PyTorch 1.13.1)."""
import glob
import json
import zipfile

import torch
from torch import nn

torch.manual_seed(3)
expected = {"torch": torch.__version__}


class Masks(nn.Module):
    """A value function: B x 6 masks to B values."""

    def __init__(self):
        super().__init__()
        self.single = nn.Linear(6, 1)
        self.pair = nn.Parameter(torch.tensor(2.5))

    def forward(self, masks: torch.Tensor) -> torch.Tensor:
        return self.single(masks).squeeze(1) + self.pair * masks[:, 1] * masks[:, 4]


class Table(nn.Module):
    """A classifier of rows: B x 4 features to B x 3 logits."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Dropout(0.5), nn.Linear(8, 3))

    def forward(self, rows):
        return self.layers(rows)


class Image(nn.Module):
    """An image classifier: B x 3 x H x W to B x 4 logits, any size of 4 pixels and more."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(3, 6, 3, padding=1)
        self.classes = nn.Linear(6, 4)

    def forward(self, images):
        return self.classes(torch.relu(self.convolution(images)).mean((2, 3)))


class Tokens(nn.Module):
    """A classifier of token ids: B x T int64 to B x 2 logits."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(20, 5)
        self.classes = nn.Linear(5, 2)

    def forward(self, ids):
        return self.classes(torch.tanh(self.embedding(ids)).mean(1))


class Checked(nn.Module):
    """Throws when fewer than two features are present."""

    def forward(self, masks: torch.Tensor) -> torch.Tensor:
        if bool((masks.sum(1) < 2).any()):
            raise ValueError("at least two features must be present")
        return masks.sum(1)


class Classes(nn.Module):
    """Gives classes where values are wanted."""

    def forward(self, masks: torch.Tensor) -> torch.Tensor:
        return masks.argmax(1)


class Cube(nn.Module):
    """Gives a shape of which no value can be taken."""

    def forward(self, masks: torch.Tensor) -> torch.Tensor:
        return masks.unsqueeze(2)


class Tuple(nn.Module):
    """Gives two tensors."""

    def forward(self, masks: torch.Tensor):
        return masks.sum(1), masks


class Dropout(nn.Module):
    """Draws random numbers, in evaluation mode too."""

    def forward(self, masks: torch.Tensor) -> torch.Tensor:
        return masks.sum(1) + torch.rand(masks.size(0))


def save(name, module, inputs, trace):
    module = module.eval()
    script = torch.jit.trace(module, inputs) if trace else torch.jit.script(module)
    script.save(f"{name}.pt")
    with torch.no_grad():
        expected[name] = {"shape": list(inputs.shape), "inputs": inputs.flatten().tolist(), "outputs": module(inputs).tolist()}


save("masks", Masks(), torch.bernoulli(torch.full((7, 6), 0.5)), trace=False)
save("table", Table(), torch.randn(5, 4), trace=True)
save("image", Image(), torch.rand(2, 3, 8, 8), trace=True)
save("tokens", Tokens(), torch.randint(0, 20, (3, 6)), trace=True)
for name, module in (("throws", Checked()), ("classes", Classes()), ("cube", Cube()), ("tuple", Tuple()), ("dropout", Dropout())):
    torch.jit.script(module).save(f"{name}.pt")
torch.save({"weight": torch.ones(2)}, "pickle.pt")
for path in glob.glob("*.pt"):
    # Without the call stacks, which name the folders of whoever ran this.
    with zipfile.ZipFile(path) as archive:
        entries = [(entry.filename, archive.read(entry)) for entry in archive.infolist() if not entry.filename.endswith(".debug_pkl")]
    with zipfile.ZipFile(path, "w") as archive:
        for filename, content in entries:
            archive.writestr(zipfile.ZipInfo(filename), content)
with open("expected.json", "w", encoding="utf-8") as file:
    json.dump(expected, file, indent=1)
