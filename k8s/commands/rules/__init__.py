"""What we ask of the rendered objects beyond their schemas; each rule yields what breaks it."""

from collections.abc import Callable, Iterator, Sequence

from k8s.commands.kustomize import Object
from k8s.commands.rules import budget, cluster, environment, jobs, labels, network, pods, rollouts, secrets

Rule = Callable[[Sequence[Object]], Iterator[str]]

RULES: tuple[Rule, ...] = (
    pods.are_restricted,
    pods.have_a_read_only_root,
    pods.have_no_token,
    pods.say_what_they_need,
    pods.run_pinned_images,
    pods.leave_their_last_words,
    environment.is_complete,
    environment.mentions_only_what_stands_before,
    rollouts.have_three_probes,
    rollouts.are_asked_by_a_name_they_answer_to,
    rollouts.never_lack_a_pod,
    rollouts.drain_before_they_end,
    rollouts.may_be_evicted_one_by_one,
    rollouts.are_reached_by_their_service,
    rollouts.are_asked_pod_by_pod,
    jobs.can_be_applied_again,
    jobs.fail_within_minutes,
    labels.are_the_recommended_ones,
    network.lets_through_exactly_the_arrows,
    secrets.are_nowhere_in_clear,
    budget.fits_into_max_connections,
    budget.fits_into_the_roles_limits,
    cluster.is_as_the_services_need_it,
)


def broken(objects: Sequence[Object]) -> Iterator[str]:
    """Yield what breaks any of the rules, with the rule's name."""
    for rule in RULES:
        for complaint in rule(objects):
            yield f"{rule.__module__.rpartition('.')[2]} {rule.__name__.replace('_', ' ')}: {complaint}"
