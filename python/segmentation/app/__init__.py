"""The live page on the published warehouse: select members by their traits, look one up, write lists and audiences."""

# Below the folder of reports; it has card numbers.
MEMBERS_PAGE = "members.html"
