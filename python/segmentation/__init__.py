"""Python side of the customer segmentation warehouse: reading raw files, fitting, drawing, exporting."""

import logging

# Where the home folder is missing or cannot be written, Matplotlib says so in a paragraph, and does without.
logging.getLogger("matplotlib").setLevel(logging.ERROR)
