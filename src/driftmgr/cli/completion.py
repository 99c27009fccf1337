"""``driftmgr completion``."""

import click

SHELLS = ("bash", "zsh", "fish")
_VARIABLE = "_DRIFTMGR_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.option("--debug", is_flag=True, hidden=True)
@click.pass_context
def completion(context: click.Context, *, shell: str, debug: bool) -> None:
    """Print the completion script of a shell.

    bash: source <(driftmgr completion bash), in ~/.bashrc; zsh: the same in ~/.zshrc; fish: driftmgr completion fish >
    ~/.config/fish/completions/driftmgr.fish.
    """
    del debug
    from click.shell_completion import get_completion_class  # noqa: PLC0415  # only this command needs it

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"no completion for {shell}")
    click.echo(found(context.find_root().command, {}, "driftmgr", _VARIABLE).source())
