"""The live page on the published warehouse: select members by their traits, look one up, write lists and audiences."""
