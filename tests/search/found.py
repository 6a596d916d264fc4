"""What a differentiable search found, made up."""

from sase_bench.search.differentiable import Found

FOUND = Found(
    proxy="digits",
    recipe_hash="0" * 16,
    order=1,
    seed=0,
    epochs=1,
    alphas=tuple(tuple(float(i == j) for j in range(7)) for i in range(6)),
    val_losses=(2.0,),
    seconds=60.0,
    device="none",
)
