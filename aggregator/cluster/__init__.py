"""Polling by workers on other machines, through Dask distributed (extra `cluster`)."""
