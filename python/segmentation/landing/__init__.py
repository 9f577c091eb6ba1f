"""Landing: what the retailer file and the raw files say becomes the schema `raw` of the file that dbt works in."""
