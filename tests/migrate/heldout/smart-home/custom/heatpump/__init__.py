from .coordinator import Coordinator


async def async_setup_entry(hass, entry):
    coordinator = Coordinator(hass, entry.data)
    await coordinator.async_setup()
    return True
