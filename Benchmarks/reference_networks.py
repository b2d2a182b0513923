"""The project's networks in PyTorch: the definition that a model file's tensors fit by name and shape.

    from reference_networks import load
    network, metadata = load("models/raut.safetensors")
    logits = network(prepare(pixels, metadata["preprocessing"]))[0]
"""

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file

LABELS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
CLASSES = {"fer2013": 7, "ferplus": 8, "combined": 7}
ARCHITECTURES = ["cnn", "cnn-bilstm", "cnn-bilstm-attention", "raut"]
SIDE = 48


class Block(nn.Module):
    """Convolution, batch normalisation and, where asked, ReLU."""

    def __init__(self, inputs, outputs, kernel=3, relu=True):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs)
        self.relu = relu

    def forward(self, x):
        x = self.bn(self.conv(x))
        return F.relu(x, inplace=True) if self.relu else x


class PaperTrunk(nn.ModuleDict):
    """Four stages of convolution and pooling: 48×48 to 3×3."""

    def __init__(self, widths, spatial_dropout):
        inputs = [1] + widths[:-1]
        super().__init__({str(i + 1): Block(a, b) for i, (a, b) in enumerate(zip(inputs, widths))})
        self.spatial_dropout = spatial_dropout

    def forward(self, x):
        for index, block in enumerate(self.values()):
            x = F.max_pool2d(block(x), 2)
            if index > 0:
                x = F.dropout2d(x, self.spatial_dropout, self.training)
        return x


class Residual(nn.ModuleDict):
    """Two convolutions beside a 1×1 one; ReLU after the sum."""

    def __init__(self, inputs, outputs):
        super().__init__({
            "1": Block(inputs, outputs),
            "2": Block(outputs, outputs, relu=False),
            "shortcut": Block(inputs, outputs, kernel=1, relu=False),
        })

    def forward(self, x):
        return F.relu(self["2"](self["1"](x)) + self["shortcut"](x), inplace=True)


class ResidualTrunk(nn.ModuleDict):
    """Two convolutions at 48×48, then residual blocks at 24×24, 12×12 and 6×6."""

    def __init__(self, widths, spatial_dropout):
        stem = nn.ModuleDict({"1": Block(1, widths[0]), "2": Block(widths[0], widths[0])})
        blocks = {str(i): Residual(widths[i - 1], widths[i]) for i in range(1, len(widths))}
        super().__init__({"stem": stem, "block": nn.ModuleDict(blocks)})
        self.spatial_dropout = spatial_dropout

    def forward(self, x):
        x = self["stem"]["2"](self["stem"]["1"](x))
        for index, block in enumerate(self["block"].values()):
            x = F.max_pool2d(x, 2)
            x = F.dropout2d(x, self.spatial_dropout * index, self.training)
            x = block(x)
        return x


class StepAttention(nn.Linear):
    """The mean of a sequence's steps, each weighed by a softmax of `v · tanh(W x + b)` (Yang et al., 2016)."""

    def __init__(self, features, units):
        super().__init__(features, units)
        self.score = nn.Linear(units, 1, bias=False)

    def forward(self, x):
        shares = self.score(torch.tanh(super().forward(x))).softmax(1)
        return (shares * x).sum(1)


class EmotionNetwork(nn.Module):
    """One of `ARCHITECTURES`: `[batch, 1, 48, 48]` to the logits of each head."""

    def __init__(self, metadata):
        super().__init__()
        self.architecture = metadata["architecture"]
        widths = [int(width) for width in metadata["widths"].split(",")]
        hidden = int(metadata["hidden"])
        self.dropout = float(metadata["dropout"])
        spatial = float(metadata["spatial_dropout"])
        self.trunk = (ResidualTrunk if self.architecture == "raut" else PaperTrunk)(widths, spatial)
        if self.architecture == "cnn":
            self.fc = nn.Linear(9 * widths[-1], hidden)
            features = hidden
        else:
            self.lstm = nn.LSTM(widths[-1], hidden, batch_first=True, bidirectional=True)
            features = 2 * hidden + (widths[-1] if self.architecture == "raut" else 0)
        if self.architecture == "cnn-bilstm-attention":
            self.attention = StepAttention(features, hidden)
        self.heads = metadata["heads"].split(",")
        for head in self.heads:
            self.add_module(f"head_{head}", nn.Linear(features, CLASSES[head]))

    def forward(self, x):
        x = self.trunk(x)
        if self.architecture == "cnn":
            x = F.relu(self.fc(x.flatten(1)))
        else:
            # The map's cells, row by row, are the sequence.
            read, _ = self.lstm(x.flatten(2).transpose(1, 2))
            if self.architecture == "raut":
                x = torch.cat([read.mean(1), x.mean((2, 3))], 1)
            elif self.architecture == "cnn-bilstm-attention":
                x = self.attention(read)
            else:
                half = read.shape[2] // 2
                x = torch.cat([read[:, -1, :half], read[:, 0, half:]], 1)
        x = F.dropout(x, self.dropout, self.training)
        return tuple(getattr(self, f"head_{head}")(x) for head in self.heads)


def prepare(pixels, preprocessing):
    """Grey levels `[batch, 48, 48]` as the network's input."""
    x = pixels.float()
    if preprocessing == "unit":
        x = x / 255
    else:
        deviation, mean = torch.std_mean(x, dim=(1, 2), correction=0, keepdim=True)
        x = (x - mean) / (deviation + 1)
    return x.unsqueeze(1)


def load(path):
    """The network of a model file, ready to use, and the file's metadata."""
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
        # What int8 needs is no part of the network.
        tensors = {name: file.get_tensor(name) for name in file.keys() if not name.startswith("int8.")}
    network = EmotionNetwork(metadata)
    missing, unexpected = network.load_state_dict(tensors, strict=False)
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise SystemExit(f"{path}: missing {missing}, unexpected {unexpected}")
    return network.eval(), metadata


def configuration(architecture, widths=None, hidden=128):
    """The metadata of a new network, as the trainer would write them."""
    raut = architecture == "raut"
    standard = [24, 56, 112, 208] if raut else [24, 48, 96, 128]
    return {
        "architecture": architecture,
        "widths": ",".join(map(str, widths or standard)),
        "hidden": str(hidden),
        "dropout": "0.3" if raut else "0.4",
        "spatial_dropout": "0.05" if raut else "0.1",
        "preprocessing": "standardized" if raut else "unit",
        "heads": "fer2013,ferplus" if raut else "fer2013",
        "labels": ",".join(LABELS),
    }


def save_random(architecture, path, seed=1, widths=None, hidden=128):
    """Writes a model file with random weights and random running statistics."""
    torch.manual_seed(seed)
    metadata = configuration(architecture, widths, hidden)
    network = EmotionNetwork(metadata)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.2)
            nn.init.normal_(module.running_mean, 0, 0.2)
            nn.init.uniform_(module.running_var, 0.3, 1.5)
        elif isinstance(module, (nn.Conv2d, nn.Linear)):
            # Logits as large as a trained network's, so that differences show.
            nn.init.kaiming_normal_(module.weight)
        elif isinstance(module, nn.LSTM):
            for parameter in module.parameters():
                nn.init.normal_(parameter, 0, 0.1)
    tensors = {k: v for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")}
    save_file(tensors, path, metadata)


def multiply_adds(network):
    """Multiplications of one image's convolutions, LSTM and dense layers."""
    total = [0]

    def count(module, inputs, output):
        if isinstance(module, nn.Conv2d):
            total[0] += output.shape[2] * output.shape[3] * module.weight.numel()
        elif isinstance(module, nn.LSTM):
            weights = sum(p.numel() for name, p in module.named_parameters() if "weight" in name)
            total[0] += inputs[0].shape[1] * weights
        elif isinstance(module, nn.Linear):
            total[0] += module.weight.numel()

    hooks = [module.register_forward_hook(count) for module in network.modules()]
    with torch.no_grad():
        network.eval()(torch.zeros(1, 1, SIDE, SIDE))
    for hook in hooks:
        hook.remove()
    return total[0]
