"""Python side of the customer segmentation warehouse: reading raw files, fitting, drawing, exporting."""
