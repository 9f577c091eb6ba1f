"""What sqlfluff, which renders macros without dbt, has to know of it."""

from segmentation.landing.sql_macros import Adapter

adapter = Adapter()
