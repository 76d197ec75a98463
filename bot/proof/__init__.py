"""What proves one party's consents: gathered from the store, told on a page, handed out as one file."""
