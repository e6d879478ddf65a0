"""The final output of `bubblenet finetune`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bubblenet.export.examples import REVERSED_PROMPT

if TYPE_CHECKING:
    from rich.console import Console

    from bubblenet.training.launching import Trained


def print_training(trained: Trained, console: Console) -> None:
    """Print losses, tokens and speed, and how to use the model."""
    plan, result = trained.plan, trained.result
    losses = [loss for _, _, loss in result.losses]
    console.print(f"[bold]{'training loss':<22}[/bold] {losses[0]:.3f} -> {losses[-1]:.3f} nats a token of the completion")
    if result.validation_loss is not None and result.validation_loss_before is not None:
        console.print(f"[bold]{'validation loss':<22}[/bold] {result.validation_loss_before:.3f} -> {result.validation_loss:.3f}")
    left_out = f"; {result.num_left_out:,} left out: their prompt is too long" if result.num_left_out else ""
    done = "cut" if plan.job.settings["long_completions"] == "cut" else "left out"
    left_out += f"; {result.num_cut:,} {done}: their completion is too long" if result.num_cut else ""
    speed = f"{result.num_tokens:,} tokens in {result.seconds:,.0f} s ({result.num_tokens / result.seconds:,.0f} tokens/s)"
    console.print(f"{result.num_steps:,} steps on {result.num_examples:,} examples{left_out}; {speed}, {result.num_processes} processes")
    state = "Trained" if trained.is_new else "Nothing to do: it is there already"
    console.print(f"{state}: model:{plan.model_id}, fine-tuned from {plan.parent}, in {plan.job.folder}/weights", soft_wrap=True)
    prompt = f" --set backtranslation.prompt={REVERSED_PROMPT}" if plan.direction == "backward" else ""
    console.print(f"Use it: --set models.{plan.direction}=model:{plan.model_id}{prompt}", soft_wrap=True)
