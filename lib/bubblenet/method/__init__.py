"""The method as functions of DataFrames: which passages and pairs are asked about, what stands for what, which pairs are published."""
