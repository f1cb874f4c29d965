"""Pure: the tree of RFC 6962, the tiles it is kept in, what a leaf says, and the notes of C2SP."""
