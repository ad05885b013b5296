"""Programs of somebody else's, two services of which share a third: shaped like FRR's ripd, ospfd and zebra."""
