"""What can be looked up, codes, the standard library, units, functions, keywords; and the pages made of them."""
