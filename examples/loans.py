"""A scorecard for loans.csv, made up: reads income,debt,years_employed,age,late_payments,purpose a line and answers a score.

Late payments count double where the debt is more than 40 % of the income.
"""
import sys

for line in sys.stdin:
    income, debt, years, _, late, _ = map(float, line.split(","))
    score = income / 10_000 + 0.2 * years - 2 * late
    if debt > 0.4 * income:
        score -= 2 + 2 * late
    print(score, flush=True)
