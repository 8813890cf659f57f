"""Every way to write an item, with every field that the contract has: none is lost, and which one was is said."""
