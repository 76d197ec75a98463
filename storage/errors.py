"""What goes wrong with a store, as sentences that say what to do. No I/O."""


class StorageError(Exception):
    """The store cannot do what was asked; the message says what to do."""


class StoreUnreachable(StorageError):
    """The store cannot be opened: a folder, a file, a server, a password or a schema version is wrong."""


class WrongKey(StorageError):
    """The secret is not the one this store was written with."""


class BusyStore(StorageError):
    """Another writer held the store for too long."""
