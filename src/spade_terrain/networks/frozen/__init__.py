"""Networks trained on photographs, frozen: what pictures are judged and compared by."""
