"""Times of which some are only known to be longer than what was watched: recovery times are such times.

A run that is still degraded when its watch ends says "longer than this"; leaving it out, or taking its watch for its
recovery, makes the mean too short. Kaplan and Meier's estimate uses it for what it says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from erisc.base.record import record
from erisc.verdict.statistics.distributions import normal_quantile

INFINITY = math.inf


@record
class Step:
    """The curve from `time` on: `at_risk` before it, `events` at it, `survival` S(t) after it.

    variance: Greenwood's sum of d / (n (n - d)) up to here, infinite once nobody is left.
    """

    time: float
    at_risk: int
    events: int
    survival: float
    variance: float


@record
class Bounded:
    """A value with its bounds; None and infinite where the data do not say."""

    value: float | None
    low: float
    high: float


@record
class Curve:
    """A Kaplan-Meier curve over `n` times, of which `events` ended; `last`: the longest time that was watched."""

    steps: tuple[Step, ...]
    n: int
    events: int
    last: float


def kaplan_meier(times: Sequence[float], ended: Sequence[bool]) -> Curve:
    """The product-limit estimate: E. L. Kaplan and P. Meier, Journal of the American Statistical Association 53 (1958),
    457-481, with the variance of M. Greenwood (1926). ended: False where the time is only a lower bound (censored).

    What is censored at a time counts as at risk at it. Raises ValueError without a time.
    """
    if not times:
        raise ValueError("no times")
    steps = []
    survival, variance = 1.0, 0.0
    at_risk = len(times)
    for time in sorted(set(times)):
        here = [end for at, end in zip(times, ended, strict=True) if at == time]
        events = sum(here)
        if events:
            survival *= 1 - events / at_risk
            left = at_risk - events
            variance = variance + events / (at_risk * left) if left else INFINITY
            steps.append(Step(time, at_risk, events, survival, variance))
        at_risk -= len(here)
    return Curve(tuple(steps), len(times), sum(map(bool, ended)), max(times))


def survival_at(curve: Curve, time: float, alpha: float) -> Bounded:
    """P(T > time), each bound with error `alpha`, on the scale of log(-log S): Kalbfleisch and Prentice, "The
    Statistical Analysis of Failure Time Data" (1980), section 1.3; R's conf.type = "log-log". Beyond the last time
    that was watched, a curve that has not reached 0 says only that it does not rise.
    """
    step = next((step for step in reversed(curve.steps) if step.time <= time), None)
    if step is None:
        # Nobody ended by then: the exact bound of a proportion without hits (Clopper and Pearson 1934).
        watched = curve.n if not curve.steps or time < curve.steps[0].time else 0
        return Bounded(1.0, alpha ** (1 / watched) if watched and time <= curve.last else 0.0, 1.0)
    low, high = log_log(step, alpha)
    if time > curve.last and step.survival > 0:
        return Bounded(None, 0.0, high)
    return Bounded(step.survival, low, high)


def ended_by(curve: Curve, time: float, alpha: float) -> Bounded:
    """P(T <= time): the share that has recovered by then."""
    rest = survival_at(curve, time, alpha)
    return Bounded(None if rest.value is None else 1 - rest.value, 1 - rest.high, 1 - rest.low)


def log_log(step: Step, alpha: float) -> tuple[float, float]:
    """Bounds of the curve after a step: S ** exp(-+ z sqrt(variance) / log S). None to be had at S = 0: 0 and 1."""
    if step.survival <= 0:
        return 0.0, 1.0
    log = math.log(step.survival)
    if log == 0:
        return 1.0, 1.0
    reach = normal_quantile(1 - alpha) * math.sqrt(step.variance) / -log
    return float(step.survival ** math.exp(reach)), float(step.survival ** math.exp(-reach))


def quantile(curve: Curve, q: float, alpha: float) -> Bounded:
    """The time by which a share `q` has ended, and where the bands cross it: R. Brookmeyer and J. Crowley, Biometrics
    38 (1982), 29-41. Where the curve lies exactly at 1 - q, the middle of the two ends, as R has it.
    """
    bands = [(step, *log_log(step, alpha)) for step in curve.steps]
    return Bounded(
        _crossing([(step.time, step.survival) for step in curve.steps], 1 - q),
        _first([(step.time, low) for step, low, _ in bands], 1 - q),
        _first([(step.time, high if step.survival > 0 else 1.0) for step, _, high in bands], 1 - q),
    )


def median(curve: Curve, alpha: float) -> Bounded:
    """The median time; see `quantile`."""
    return quantile(curve, 0.5, alpha)


def _crossing(points: Sequence[tuple[float, float]], level: float) -> float | None:
    for (time, here), following in zip(points, [*(at for at, _ in points[1:]), None], strict=True):
        if math.isclose(here, level, rel_tol=1e-12) and following is not None:
            return (time + following) / 2
        if here < level or math.isclose(here, level, rel_tol=1e-12):
            return time
    return None


def _first(points: Sequence[tuple[float, float]], level: float) -> float:
    """The first time at which a falling line is at or below the level."""
    return next((time for time, here in points if here <= level * (1 + 1e-12)), INFINITY)


def restricted_mean(curve: Curve, until: float, alpha: float) -> Bounded:
    """The mean of min(T, until): the area under the curve up to `until`, which must not lie beyond what was watched.

    Its variance is the sum over steps of (area to the right)² d / (n (n - d)): Klein and Moeschberger, "Survival
    Analysis" (2003), equation 4.5.2 (R's `rmean`, without the factor that it applies to all deaths). Each bound has
    error `alpha`. Raises ValueError when the curve has not reached 0 and ends before `until`.
    """
    if until > curve.last and (not curve.steps or curve.steps[-1].survival > 0):
        raise ValueError(f"nothing was watched for {until:g}")
    area, variance = restricted_moments(curve, until)
    reach = normal_quantile(1 - alpha) * math.sqrt(variance)
    return Bounded(area, max(0.0, area - reach), min(until, area + reach))


def restricted_moments(curve: Curve, until: float) -> tuple[float, float]:
    """The restricted mean and its variance."""
    area = 0.0
    right: list[tuple[Step, float]] = []
    bounds = [step.time for step in curve.steps if step.time < until]
    levels = [1.0, *(step.survival for step in curve.steps if step.time < until)]
    for start, end, level in zip([0.0, *bounds], [*bounds, until], levels, strict=True):
        area += level * (end - start)
    left = area
    for step, start, end, level in zip(curve.steps, [0.0, *bounds], [*bounds], levels, strict=False):
        left -= level * (end - start)
        right.append((step, left))
    terms = (
        rest * rest * step.events / (step.at_risk * (step.at_risk - step.events))
        for step, rest in right
        if step.at_risk > step.events
    )
    return area, math.fsum(terms)
