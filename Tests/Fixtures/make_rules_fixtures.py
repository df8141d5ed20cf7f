"""Writes what PyTorch computes of losses, optimizers, learning-rate schedules and initialisers.

Made with PyTorch 2.13.0 (CPU) in double precision. Run from the root of the repository:

    python3 Tests/Fixtures/make_rules_fixtures.py

What PyTorch lacks (focal loss, Lion, LAMB) is computed from its paper's formula. PyTorch's Muon makes a
matrix orthogonal in bfloat16, which has three digits; here the same code runs in double precision.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch.optim import lr_scheduler as schedulers

from make_fixtures import INPUT, TARGET, WEIGHT, formula, numbers, write

torch.Tensor.bfloat16 = lambda tensor: tensor.double().clone()


# Losses

def losses():
    labels = torch.tensor([2, 0, 4])
    onehot = F.one_hot(labels, 5).to(torch.float64)
    soft = F.softmax(formula((3, 5), TARGET, 2), 1)
    scores = formula((3, 5), INPUT, 3)
    bits = (soft > 0.2).to(torch.float64)
    weights = torch.tensor([1.0, 2.0, 0.5, 3.0, 0.25])
    edges = torch.tensor([[-30.0, 30.0, 0.0, -800.0, 800.0]])

    def entry(name, function, output, target):
        y = output.clone().requires_grad_()
        value = function(y)
        value.backward()
        return {"name": name, "shape": list(y.shape), "output": numbers(y),
                "target": numbers(target), "value": float(f"{value.item():.11g}"),
                "gradient": numbers(y.grad)}

    def entropy(name, **options):
        """Of class numbers, so that the mean is over the weights of the counted images."""
        ignored = options.get("ignore_index", -100)
        kept = onehot * (labels != ignored)[:, None]
        return entry(name, lambda y: F.cross_entropy(y, labels, **options), scores, kept)

    def focal(gamma, alpha=None):
        """Lin et al. 2017, arXiv:1708.02002, eq 5, of a softmax."""
        a = torch.ones(5) if alpha is None else torch.tensor(alpha)

        def function(y, t):
            p = F.softmax(y, 1)
            return -(a * t * (1 - p) ** gamma * torch.log(p)).sum(1).mean()
        return function

    def binary_focal(gamma, alpha=None):
        """As torchvision.ops.sigmoid_focal_loss computes it."""
        def function(y, t):
            p = torch.sigmoid(y)
            entropies = F.binary_cross_entropy_with_logits(y, t, reduction="none")
            loss = entropies * (1 - (p * t + (1 - p) * (1 - t))) ** gamma
            if alpha is not None:
                loss = (alpha * t + (1 - alpha) * (1 - t)) * loss
            return loss.mean()
        return function

    def hinge(y, t):
        return torch.clamp(1 - (2 * t - 1) * y, min=0).mean()

    def smooth(name, **options):
        return entry(name, lambda y: F.smooth_l1_loss(y, soft, **options), scores, soft)

    def huber(name, **options):
        return entry(name, lambda y: F.huber_loss(y, soft, **options), scores, soft)

    def logits(name, y, t, **options):
        return entry(
            name, lambda y: F.binary_cross_entropy_with_logits(y, t, **options), y, t)

    def margin(name, **options):
        return entry(name, lambda y: F.multi_margin_loss(y, labels, **options), scores, onehot)

    return [
        entropy("cross-entropy smoothing 0.1", label_smoothing=0.1),
        entropy("cross-entropy weights 1,2,0.5,3,0.25", weight=weights),
        entropy("cross-entropy ignore 0", ignore_index=0),
        entropy("cross-entropy smoothing 0.2 weights 1,2,0.5,3,0.25 ignore 4",
                label_smoothing=0.2, weight=weights, ignore_index=4),
        entry("cross-entropy smoothing 0.3",
              lambda y: F.cross_entropy(y, soft, label_smoothing=0.3), scores, soft),
        entry("mae", lambda y: F.l1_loss(y, soft), scores, soft),
        huber("huber"), huber("huber 0.5", delta=0.5), huber("huber 2", delta=2.0),
        smooth("smooth-l1"), smooth("smooth-l1 0.5", beta=0.5),
        logits("bce-logits", scores, soft), logits("bce-logits", scores, bits),
        logits("bce-logits positive 3", scores, soft, pos_weight=torch.tensor(3.0)),
        logits("bce-logits positive 1,2,0.5,3,0.25", scores, soft, pos_weight=weights),
        logits("bce-logits", edges, torch.tensor([[0.0, 1.0, 1.0, 1.0, 0.0]])),
        entry("focal", lambda y: focal(2.0)(y, onehot), scores, onehot),
        entry("focal 0.5", lambda y: focal(0.5)(y, soft), scores, soft),
        entry("focal 1.5 alpha 0.25", lambda y: focal(1.5, [0.25] * 5)(y, onehot), scores, onehot),
        entry("focal 3 alpha 1,2,0.5,3,0.25", lambda y: focal(3.0, weights.tolist())(y, onehot),
              scores, onehot),
        entry("focal 0", lambda y: F.cross_entropy(y, onehot), scores, onehot),
        entry("binary-focal", lambda y: binary_focal(2.0)(y, bits), scores, bits),
        entry("binary-focal 1.5 alpha 0.25", lambda y: binary_focal(1.5, 0.25)(y, soft), scores, soft),
        entry("binary-focal 0.5 alpha 0.75", lambda y: binary_focal(0.5, 0.75)(y, bits), scores, bits),
        entry("hinge", lambda y: hinge(y, bits), scores, bits),
        margin("multi-margin"), margin("multi-margin 2", p=2),
        margin("multi-margin 2 margin 0.5", p=2, margin=0.5),
        entry("kl", lambda y: F.kl_div(y, soft, reduction="batchmean"), F.log_softmax(scores, 1), soft),
        entry("kl", lambda y: F.kl_div(y, onehot, reduction="batchmean"), F.log_softmax(scores, 1), onehot),
    ]


# Optimizers

class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, arXiv:2302.06675, algorithm 2."""

    def __init__(self, params, lr, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for w in group["params"]:
                m = self.state[w].setdefault("m", torch.zeros_like(w))
                c = beta1 * m + (1 - beta1) * w.grad
                w -= group["lr"] * (torch.sign(c) + group["weight_decay"] * w)
                m.copy_(beta2 * m + (1 - beta2) * w.grad)


class LAMB(torch.optim.Optimizer):
    """You et al. 2020, arXiv:1904.00962, algorithm 2, with φ(z) = z."""

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.0):
        super().__init__(
            params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "t": 0})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            group["t"] += 1
            for w in group["params"]:
                state = self.state[w]
                m = state.setdefault("m", torch.zeros_like(w))
                v = state.setdefault("v", torch.zeros_like(w))
                m.copy_(beta1 * m + (1 - beta1) * w.grad)
                v.copy_(beta2 * v + (1 - beta2) * w.grad**2)
                mean = m / (1 - beta1 ** group["t"])
                square = v / (1 - beta2 ** group["t"])
                r = mean / (square.sqrt() + group["eps"]) + group["weight_decay"] * w
                size, length = w.norm(), r.norm()
                ratio = size / length if size > 0 and length > 0 else 1.0
                w -= group["lr"] * ratio * r


def optimizers():
    """Twenty steps on a badly scaled quadratic with a gradient that also wavers."""
    rate = 1 / 64
    o = torch.optim
    vector, wide, tall, kernel = (6,), (3, 5), (5, 2), (4, 2, 3, 3)
    rules = [
        ("adagrad 0.015625", vector, lambda p: o.Adagrad(p, rate)),
        ("adagrad 0.015625 decay 0.1 initial 0.5 epsilon 0.001 weight-decay 0.01", vector,
         lambda p: o.Adagrad(p, rate, lr_decay=0.1, weight_decay=0.01,
                             initial_accumulator_value=0.5, eps=1e-3)),
        ("adadelta 1", vector, lambda p: o.Adadelta(p)),
        ("adadelta 0.5 smoothing 0.95 epsilon 0.001 weight-decay 0.01", vector,
         lambda p: o.Adadelta(p, 0.5, rho=0.95, eps=1e-3, weight_decay=0.01)),
        ("nadam 0.015625", vector, lambda p: o.NAdam(p, rate)),
        ("nadam 0.015625 beta1 0.8 beta2 0.95 epsilon 0.001 momentum-decay 0.5 weight-decay 0.01", vector,
         lambda p: o.NAdam(p, rate, betas=(0.8, 0.95), eps=1e-3, momentum_decay=0.5,
                           weight_decay=0.01)),
        ("nadam 0.015625 momentum-decay 50 weight-decay 0.1 decoupled", vector,
         lambda p: o.NAdam(p, rate, momentum_decay=50, weight_decay=0.1,
                           decoupled_weight_decay=True)),
        ("lion 0.015625", vector, lambda p: Lion(p, rate)),
        ("lion 0.015625 beta1 0.8 beta2 0.95 weight-decay 0.1", vector,
         lambda p: Lion(p, rate, (0.8, 0.95), 0.1)),
        ("lamb 0.015625", vector, lambda p: LAMB(p, rate)),
        ("lamb 0.015625 beta1 0.8 beta2 0.95 epsilon 0.001 weight-decay 0.1", kernel,
         lambda p: LAMB(p, rate, (0.8, 0.95), 1e-3, 0.1)),
        ("muon 0.015625", wide, lambda p: o.Muon(p, rate)),
        ("muon 0.015625", tall, lambda p: o.Muon(p, rate)),
        ("muon 0.015625", kernel, lambda p: o.Muon(p, rate)),
        ("muon 0.015625 momentum 0.8 plain adjust match-rms-adamw steps 3 weight-decay 0.01", wide,
         lambda p: o.Muon(p, rate, momentum=0.8, nesterov=False, adjust_lr_fn="match_rms_adamw",
                          ns_steps=3, weight_decay=0.01)),
        ("muon 0.015625 vector-factor 0.5 beta1 0.8 beta2 0.95 epsilon 0.001 weight-decay 0.01", vector,
         lambda p: o.AdamW(p, rate / 2, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.01)),
    ]
    result = []
    for text, shape, rule in rules:
        w = formula(shape, WEIGHT)
        # PyTorch's Muon takes matrices alone; a convolution's weights are one.
        w = (w.reshape(shape[0], -1) if text.startswith("muon") and len(shape) > 2 else w).requires_grad_()
        optimizer, path = rule([w]), []
        slope = torch.arange(w.numel()).reshape(w.shape) % 6 + 1.0
        for step in range(1, 21):
            with torch.no_grad():
                w.grad = slope * w + formula(w.shape, step) / 4
            optimizer.step()
            path.append(numbers(w))
        result.append({"text": text, "shape": list(shape), "path": path})
    return result


# Schedules: the factor of every step

EPOCHS, STEPS = 12, 5


def factors(make, every_step, losses=None):
    """The learning rate in every step of a training whose own is 1."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 1.0)
    scheduler = make(optimizer)
    values = []
    for epoch in range(EPOCHS):
        for _ in range(STEPS):
            if every_step and values:
                scheduler.step()
            values.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
        if losses is not None:
            scheduler.step(losses[epoch])
        elif not every_step:
            scheduler.step()
    return [float(f"{x:.11g}") for x in values]


def schedules():
    s, total = schedulers, EPOCHS * STEPS
    # Falls, stands still, rises, falls a little less than the threshold, falls again.
    validation = [1.0, 0.8, 0.8, 0.9, 0.79999, 0.85, 0.8, 0.4, 0.5, 0.5, 0.5, 0.5]

    def warm(optimizer, count, share):
        return s.LinearLR(optimizer, start_factor=share, end_factor=1, total_iters=count)

    def restarts(optimizer, first, multiplier, minimum=0.0):
        return s.CosineAnnealingWarmRestarts(optimizer, first * STEPS, multiplier, minimum)

    def plateau(**options):
        return lambda o: s.ReduceLROnPlateau(o, **options)

    entries = [
        ("constant", lambda o: s.ConstantLR(o, 1), True, None),
        ("linear", lambda o: s.LinearLR(o, 1, 1e-300, total), True, None),
        ("step 5 0.5", lambda o: s.StepLR(o, 5, 0.5), False, None),
        ("multistep 2,3,9 0.2", lambda o: s.MultiStepLR(o, [2, 3, 9], 0.2), False, None),
        ("exponential 0.75", lambda o: s.ExponentialLR(o, 0.75), False, None),
        ("polynomial 2", lambda o: s.PolynomialLR(o, total, 2), True, None),
        ("cosine", lambda o: s.CosineAnnealingLR(o, total), True, None),
        ("cosine minimum 0.1", lambda o: s.CosineAnnealingLR(o, total, 0.1), True, None),
        ("cosine restart 3", lambda o: restarts(o, 3, 1), True, None),
        ("cosine minimum 0.01 restart 2 multiplier 2", lambda o: restarts(o, 2, 2, 0.01), True, None),
        ("onecycle", lambda o: s.OneCycleLR(o, 1, total_steps=total), True, None),
        ("onecycle rising 0.4 initial 10 final 100", lambda o: s.OneCycleLR(
            o, 1, total_steps=total, pct_start=0.4, div_factor=10, final_div_factor=100), True, None),
        ("warmup 3 from 0.1 constant", lambda o: warm(o, 3 * STEPS, 0.1), True, None),
        ("warmup 7 steps cosine", lambda o: s.SequentialLR(
            o, [warm(o, 7, 0.01), s.CosineAnnealingLR(o, total - 7)], [7]), True, None),
        ("warmup 2 from 0.1 step 4 0.5", lambda o: s.SequentialLR(
            o, [warm(o, 2 * STEPS, 0.1), s.StepLR(o, 4 * STEPS, 0.5)], [2 * STEPS]), True, None),
        ("constant until 4 then linear until 9 then exponential 0.5", lambda o: s.SequentialLR(
            o, [s.ConstantLR(o, 1), s.LinearLR(o, 1, 1e-300, 5 * STEPS), s.StepLR(o, STEPS, 0.5)],
            [4 * STEPS, 9 * STEPS]), True, None),
        ("plateau 0.5 1", plateau(factor=0.5, patience=1), False, validation),
        ("plateau 0.1 0 threshold 0.1 minimum 0.05 cooldown 2", plateau(
            factor=0.1, patience=0, threshold=0.1, min_lr=0.05, cooldown=2), False, validation),
    ]
    cases = [{"text": text, "factors": factors(make, every_step, losses)}
             for text, make, every_step, losses in entries]
    return {"epochs": EPOCHS, "stepsPerEpoch": STEPS, "losses": validation, "cases": cases}


# Initialisers: the largest size and the standard deviation of what each draws

def initializers():
    init = torch.nn.init
    cases = []
    for shape in [(64, 48), (32, 16, 3, 3), (24, 1, 5, 5), (40, 30, 7)]:
        fan_in, fan_out = init._calculate_fan_in_and_fan_out(torch.empty(shape))
        gain = init.calculate_gain("relu")
        entries = {
            "standard": (init.calculate_gain("leaky_relu", math.sqrt(5)) * math.sqrt(3 / fan_in), None),
            "he-uniform": (gain * math.sqrt(3 / fan_in), None),
            "he-normal": (None, gain / math.sqrt(fan_in)),
            "lecun-uniform": (init.calculate_gain("linear") * math.sqrt(3 / fan_in), None),
            "lecun-normal": (None, init.calculate_gain("linear") / math.sqrt(fan_in)),
            "glorot-uniform": (math.sqrt(6 / (fan_in + fan_out)), None),
            "glorot-normal": (None, math.sqrt(2 / (fan_in + fan_out))),
            "uniform:0.25": (0.25, None),
            "normal:0.02": (None, 0.02),
        }
        # The deviation of a normal distribution without what is beyond two deviations.
        density = math.exp(-2) / math.sqrt(2 * math.pi)
        inside = math.erf(2 / math.sqrt(2))
        entries["truncated-normal:0.02"] = (0.04, 0.02 * math.sqrt(1 - 4 * density / inside))
        for text, (bound, deviation) in entries.items():
            cases.append({
                "text": text, "shape": list(shape), "bound": bound,
                "deviation": deviation if deviation is not None else bound / math.sqrt(3)})
    return cases


# The generator of Sources/Striate/RandomGenerator.swift, written a second time

class Xoshiro:
    """xoshiro256**, seeded by SplitMix64 (Blackman & Vigna 2021, doi:10.1145/3460772)."""

    MASK = (1 << 64) - 1

    def __init__(self, seed):
        self.state = []
        for _ in range(4):
            seed = (seed + 0x9E3779B97F4A7C15) & self.MASK
            z = ((seed ^ seed >> 30) * 0xBF58476D1CE4E5B9) & self.MASK
            z = ((z ^ z >> 27) * 0x94D049BB133111EB) & self.MASK
            self.state.append(z ^ z >> 31)

    def next(self):
        def rotated(x, k):
            return (x << k | x >> (64 - k)) & self.MASK
        s = self.state
        result = rotated(s[1] * 5 & self.MASK, 7) * 9 & self.MASK
        t = s[1] << 17 & self.MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotated(s[3], 45)
        return result

    def uniform(self, bound):
        """Float32 arithmetic from −bound to bound."""
        bound, share = np.float32(bound), np.float32((self.next() >> 40) * 2.0**-24)
        return float(-bound + (bound + bound) * share)

    def normal(self):
        """The polar method of Marsaglia & Bray 1964."""
        while True:
            x, y = ((self.next() >> 11) * 2.0**-52 - 1 for _ in range(2))
            square = x * x + y * y
            if 0 < square < 1:
                return x * math.sqrt(-2 * math.log(square) / square)


def random_numbers():
    normal, uniform = Xoshiro(7), Xoshiro(7)
    return {"seed": 7, "normal": [normal.normal() for _ in range(20)],
            "bound": 0.5, "uniform": [uniform.uniform(0.5) for _ in range(20)]}


if __name__ == "__main__":
    write("rules-losses.json", {"cases": losses()})
    write("rules-optimizers.json", {"cases": optimizers()})
    write("schedules.json", schedules())
    write("initializers.json", {"cases": initializers(), "random": random_numbers()})
