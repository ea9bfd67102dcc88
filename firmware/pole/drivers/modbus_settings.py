"""What a Modbus sensor must hold, read after its start and written only where it differs. A part of drivers/modbus_sensor.py.

It is needed after a start of the pole or of the device, so it is loaded for that and forgotten again.
"""

from pole.codec import modbus
from pole.errors import BAD_FRAME, BAD_VALUE, DeviceFault


async def settle(driver):
    for register, word in driver.settings:
        if await _held(driver, register) != word:
            await _write(driver, register, word)


async def _held(driver, register):
    n = modbus.put_read(driver.pdu, modbus.READ_HOLDING_REGISTERS, register, 1)
    question = driver.question
    await question.ask(driver.pdu, n)
    if question.got != 4:
        raise DeviceFault(BAD_FRAME, register)
    return modbus.word(question.reply, 2)


async def _write(driver, register, word):
    if driver.writes:
        driver.writes -= 1
        n = modbus.put_read(driver.pdu, modbus.WRITE_REGISTER, register, word)
        await driver.question.ask(driver.pdu, n)
        if await _held(driver, register) == word:
            return
    driver.bad += 1
    raise DeviceFault(BAD_VALUE, register)
