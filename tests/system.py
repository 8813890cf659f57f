"""The parts of the running system, to be killed, stopped and started again by tests."""


class System: ...


def system_of_environment() -> System:
    return System()
