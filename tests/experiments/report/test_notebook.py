"""A figure in a notebook says which runs it shows, also in the file of its picture."""

from __future__ import annotations

import io

from PIL import Image

from experiments.report.notebook import NotebookFigure, titled
from experiments.report.style import new_figure
from sim import load_scenario


def test_a_title_names_scenario_scale_and_seeds_and_goes_into_the_picture() -> None:
    world = load_scenario("hk2019", scale=0.01, seed=7)
    figure, _ = new_figure(1, 1, (3.0, 2.0))
    assert titled(figure, world).get_suptitle() == "hk2019, scale 0.01, seed 7"
    assert titled(figure, world, range(4, 7)).get_suptitle() == "hk2019, scale 0.01, seeds 4 to 6"
    assert Image.open(io.BytesIO(figure._repr_png_())).info["Title"] == "hk2019, scale 0.01, seeds 4 to 6"


def test_the_title_of_its_axes_goes_into_a_picture_that_has_no_other() -> None:
    figure = NotebookFigure(figsize=(3.0, 2.0))
    figure.subplots().set_title("hk2019, scale 0.05, seed 1: who reposted whom")
    assert Image.open(io.BytesIO(figure._repr_png_())).info["Title"] == "hk2019, scale 0.05, seed 1: who reposted whom"
