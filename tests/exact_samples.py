"""The slow, obvious twins of the metrics over samples: exact rationals, by enumeration or by plain polynomials."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import combinations, product
from math import comb, factorial


def subsets(n, k):
    return list(combinations(range(n), k))


def draws(n, k):
    return list(product(range(n), repeat=k))


def mean(sets, value):
    return sum((Fraction(value(drawn)) for drawn in sets), Fraction(0)) / len(sets)


def vote(answers, correct, ties, drawn):
    """What one set of draws counts; `correct` are the answers that are."""
    counts = Counter(answers[i] for i in drawn if answers[i] is not None)
    tops = [answer for answer, count in counts.items() if count == max(counts.values())]
    return rule(sum(answer in correct for answer in tops), len(tops), ties)


def rule(right, tops, ties):
    if tops == 0:
        return Fraction(0)
    return {"fair": Fraction(right, tops), "wrong": Fraction(right == tops), "right": Fraction(right > 0)}[ties]


def best(scores, values, drawn):
    tops = [values[i] for i in drawn if scores[i] == max(scores[j] for j in drawn)]
    return sum(map(Fraction, tops), Fraction(0)) / len(tops)


def max_at_k(rewards, k):
    """Each of the sorted rewards by the share of subsets in which it is the last."""
    ordered = sorted(map(Fraction, rewards))
    n = len(ordered)
    return sum(comb(i, k - 1) * ordered[i] for i in range(n)) / Fraction(comb(n, k))


def min_at_k(rewards, k):
    return -max_at_k([-reward for reward in rewards], k)


def max_with_replacement(rewards, k):
    ordered = sorted(map(Fraction, rewards))
    n = len(ordered)
    return sum(ordered[i] * ((i + 1) ** k - i**k) for i in range(n)) / Fraction(n**k)


def best_of_k(scores, values, k):
    """By weights of the sorted samples, each with the mean of those that tie with it."""
    n = len(scores)
    groups = {s: [Fraction(v) for t, v in zip(scores, values, strict=True) if t == s] for s in scores}
    ordered = [sum(groups[s]) / len(groups[s]) for s in sorted(scores)]
    return sum(comb(i, k - 1) * ordered[i] for i in range(n)) / Fraction(comb(n, k))


def maj_at_k(classes, abstain, k, ties, *, with_replacement=False):
    """By the number of ways to each winning count, number of ties and number of correct ones among them."""
    n = sum(count for count, _ in classes) + abstain

    def ways(count, i):
        return Fraction(count**i, factorial(i)) if with_replacement else Fraction(comb(count, i))

    total = Fraction(0)
    for j in range(1, k + 1):
        states = {(i, 0, 0): ways(abstain, i) for i in range(k + 1)}
        for count, correct in classes:
            after = Counter()
            for (used, tops, right), weight in states.items():
                for i in range(min(j, k - used) + 1):
                    state = (used + i, tops + (i == j), right + (i == j and correct))
                    after[state] += weight * ways(count, i)
            states = {state: weight for state, weight in after.items() if weight}
        for (used, tops, right), weight in states.items():
            if used == k and tops:
                total += weight * rule(right, tops, ties)
    return total * (Fraction(factorial(k), n**k) if with_replacement else Fraction(1, comb(n, k)))
