"""A Maytapi to develop and test against: accounts, phones, people, and what goes wrong.

What it does is decided without a network or a clock in `simulation`; `face` speaks HTTP, `posting`
posts the notifications, and `running` starts all of it. It knows nothing of the store.
"""
