"""A reading as the sampler takes it: some drivers give its quality, some what is to be awaited for it."""

import asyncio


async def sampled(told):
    return told if type(told) is int else await told


def reading(driver, out):
    """Fill `out`; the quality, or what the driver raises."""
    told = driver.read(out)
    return told if type(told) is int else asyncio.run(sampled(told))
