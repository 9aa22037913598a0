"""One verb a file: each puts the steps of one use in order, over the ports beside it."""
