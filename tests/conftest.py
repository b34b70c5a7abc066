"""One Hypothesis profile for every test: the same examples on each run, and no deadline on a busy machine.

``pytest --hypothesis-profile=explore`` looks further, with new examples each time.
"""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "tests",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=40,
    print_blob=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("explore", settings.get_profile("tests"), derandomize=False, max_examples=2000)
settings.load_profile("tests")
