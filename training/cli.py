"""``python -m training …``: the corpus, fitting, evaluating and publishing, as a person types them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace as replaced
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from riskscore.artifact.gate import GATE_FILE, GateReport, gate_report, write_gate
from riskscore.assess import Assessor
from riskscore.errors import RiskscoreError
from riskscore.knowledge import load_knowledge
from riskscore.terminal.production import gate_view
from riskscore.types import REGIMES
from training import behaviour
from training.baselines import BASELINES
from training.card import model_card
from training.chinese import card_section, fit_chinese, for_manifest
from training.config import FitConfig
from training.corpus import CORPUS_DIR, CorpusError, Record, corpus_files, read_records
from training.desk import opened_desk
from training.evaluate import evaluate
from training.fit import FittedModel, fit
from training.gate import champion_of, run_gate
from training.lint import lint
from training.metrics import Floats
from training.publish import PublishError, publish
from training.report import as_json, confusion_list, manifest_metrics, markdown
from training.retrain import FEEDBACK_WEIGHT, Decision, FeedbackError, retrain

app = typer.Typer(no_args_is_help=True, help="Train, evaluate and publish the model that riskscore serves.")
console = Console()
MODELS_DIR = Path(__file__).parent.parent / "models"

DataOption = Annotated[Path, typer.Option(help="Labelled JSON Lines in the codebook's record format.")]
BaselinesOption = Annotated[
    str, typer.Option(help=f"Comma-separated baselines to run beside: {', '.join(BASELINES)}; or none.")
]


@app.command("lint")
def lint_command(folder: Annotated[Path, typer.Argument()] = CORPUS_DIR) -> None:
    """Check the corpus: format, evidence, near-duplicates, openings, balance."""
    found = lint(read_records(corpus_files(folder)))
    console.print(found.table())
    for fault in found.faults:
        console.print(f"[red]{fault}[/red]")
    raise typer.Exit(1 if found.faults else 0)


@app.command("fit")
def fit_command(
    version: Annotated[str, typer.Argument(help="Version to publish, such as 2026-11-24.")],
    data: Annotated[Path | None, typer.Option(help="Labelled records for the card's report.")] = None,
    baselines: BaselinesOption = "keyword,tfidf",
    corpus: Annotated[Path, typer.Option(help="Folder of the corpus.")] = CORPUS_DIR,
    out: Annotated[Path, typer.Option(help="Folder of model versions.")] = MODELS_DIR,
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite this version.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Publish although the gate refuses.")] = False,
) -> None:
    """Fit on the corpus, evaluate, pass the gate, publish."""
    paths = corpus_files(corpus)
    everything = read_records(paths)
    records = english(everything)
    knowledge = load_knowledge()
    fitted = _fit_with_progress(records)
    evaluation, gate = None, None
    if data is not None:
        held_out = english(read_records([data]))
        with tempfile.TemporaryDirectory() as staging:
            publish(fitted, knowledge, paths, Path(staging), version, metrics={}, card="")
            challenger = Assessor.load(Path(staging), version)
        rivals = baseline_probabilities(baselines, records, held_out)
        evaluation = evaluate(challenger, held_out, data.name, rivals)
        console.print(Markdown(markdown(evaluation)))
        gate = _gate(challenger, held_out, data.name, out, version)
        if gate.losses and not force:
            raise typer.Exit(1)
    others = {}
    chinese = [record for record in everything if record.lang == "zh"]
    section = ""
    if chinese:
        with console.status(f"fitting on {len(chinese)} Chinese items"):
            heads = fit_chinese(chinese, records, knowledge)
        section = card_section(heads)
        console.print(Markdown(section))
        others["zh"] = for_manifest(heads)
    card = model_card(version, fitted, knowledge, evaluation) + "\n" + section
    folder = publish(
        fitted,
        knowledge,
        paths,
        out,
        version,
        metrics=manifest_metrics(evaluation) if evaluation else {},
        card=card,
        replace=replace,
        others=others,
        gate=gate,
    )
    console.print(f"published [bold]{folder}[/bold]")


@app.command("evaluate")
def evaluate_command(
    data: DataOption,
    baselines: BaselinesOption = "keyword,tfidf",
    model_dir: Annotated[Path | None, typer.Option(help="Folder of model versions.")] = None,
    version: Annotated[str | None, typer.Option(help="Model version; the latest by default.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the figures as JSON here too.")] = None,
    confusions: Annotated[int, typer.Option(help="How many of the surest mistakes to list per regime.")] = 0,
) -> None:
    """Measure a published model on any labelled file, baselines beside it."""
    records = english(read_records([data]))
    assessor = Assessor.load(model_dir, version)
    rivals = baseline_probabilities(baselines, english(read_records(corpus_files())), records)
    evaluation = evaluate(assessor, records, data.name, rivals)
    console.print(Markdown(markdown(evaluation)))
    for regime in REGIMES if confusions else ():
        console.print(Markdown(f"**{regime}**\n\n" + confusion_list(evaluation, regime, confusions)))
    if out is not None:
        out.write_text(json.dumps(as_json(evaluation), indent=1) + "\n", encoding="utf-8")


@app.command("gate")
def gate_command(
    version: Annotated[str, typer.Argument(help="Model version to judge.")],
    data: DataOption,
    against: Annotated[
        str | None, typer.Option(help="Version that answers now; the newest other one by default.")
    ] = None,
    model_dir: Annotated[Path, typer.Option(help="Folder of model versions.")] = MODELS_DIR,
) -> None:
    """Compare a published model with another, and put the report beside it, as promotion asks for it."""
    records = english(read_records([data]))
    report = _gate(Assessor.load(model_dir, version), records, data.name, model_dir, version, against)
    write_gate(model_dir / version, report)
    console.print(f"wrote [bold]{model_dir / version / GATE_FILE}[/bold]")
    raise typer.Exit(1 if report.losses else 0)


@app.command("retrain")
def retrain_command(
    name: Annotated[str, typer.Option(help="Version to publish the challenger as, such as 2026-12-01.")],
    data: Annotated[
        list[Path], typer.Option(help="Frozen labelled set to judge by; give it again for more.")
    ],
    with_feedback: Annotated[
        Path | None, typer.Option(help="Labels, as `riskscore labels export` writes them.")
    ] = None,
    database_url: Annotated[
        str | None,
        typer.Option(
            help="The service's database: the champion is what is in force there, the decision goes into its "
            "audit ledger, and labels come from it where no file is given."
        ),
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="Version of the champion, where it is not that in force.")
    ] = None,
    weight: Annotated[
        float, typer.Option(min=0.01, help="Of a label beside 1 of an item of the corpus.")
    ] = FEEDBACK_WEIGHT,
    corpus: Annotated[Path, typer.Option(help="Folder of the corpus.")] = CORPUS_DIR,
    out: Annotated[Path, typer.Option(help="Folder of model versions.")] = MODELS_DIR,
    measure: Annotated[
        bool, typer.Option(help="Measure all that the card tells, and not what the gate compares alone.")
    ] = True,
    force: Annotated[bool, typer.Option("--force", help="Publish although the gate refuses.")] = False,
) -> None:
    """Fit on the corpus and analysts' labels; publish what loses to the champion nowhere."""
    try:
        with opened_desk(database_url, out) as desk, tempfile.TemporaryDirectory() as scratch:
            labels = with_feedback or desk.exported(Path(scratch))
            with console.status("retraining") as status:
                decision = retrain(
                    labels,
                    data,
                    out,
                    name,
                    corpus=corpus,
                    against=against or desk.champion,
                    weight=weight,
                    force=force,
                    measure=measure,
                    progress=lambda step: status.update(f"retraining: {step}"),
                )
            desk.note(decision)
    except (FeedbackError, CorpusError, PublishError, RiskscoreError) as fault:
        typer.secho(f"error: {fault}", err=True, fg="red")
        raise typer.Exit(2) from None
    _show_decision(decision)
    raise typer.Exit(0 if decision.published else 1)


def _show_decision(decision: Decision) -> None:
    name = decision.version
    console.print(gate_view(gate_report(decision.gate, name)))
    refused = f", {len(decision.refused)} did neither: in a frozen set, near one, or of a foreign language"
    console.print(
        f"{decision.labels} labels: {decision.trained} taught, {decision.held_out} judged"
        + (refused if decision.refused else "")
    )
    for reason in decision.reasons:
        typer.secho(reason, fg="red")
    if decision.published:
        console.print(f"published [bold]{name}[/bold]; riskscore model promote {name} --reason … serves it")
    else:
        typer.secho(f"{name} is not published", fg="red")


@app.command("behaviour")
def behaviour_command(
    model_dir: Annotated[Path | None, typer.Option(help="Folder of model versions.")] = None,
    version: Annotated[str | None, typer.Option(help="Model version; the latest by default.")] = None,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print docs/behaviour.md instead.")] = False,
    record_floors: Annotated[
        bool, typer.Option("--record-floors", help="Take this model's pass rates as what must be held.")
    ] = False,
) -> None:
    """Run the behavioural suite (tests/golden) and compare with the recorded floors."""
    assessor = Assessor.load(model_dir, version)
    outcomes = behaviour.run(assessor, behaviour.read_suite())
    document = behaviour.markdown(outcomes, assessor.model.version)
    if as_markdown:
        typer.echo(document, nl=False)
    else:
        console.print(Markdown(document))
    if record_floors:
        behaviour.FLOORS_FILE.write_text(behaviour.floors_toml(outcomes), encoding="utf-8")
    fallen = behaviour.below_floor(outcomes, behaviour.read_floors())
    for fault in fallen:
        typer.secho(fault, err=True, fg="red")
    raise typer.Exit(1 if fallen else 0)


def english(records: Sequence[Record]) -> list[Record]:
    """The records in the language of the document heads."""
    return [record for record in records if record.lang == "en"]


def baseline_probabilities(
    names: str, corpus: Sequence[Record], records: Sequence[Record]
) -> dict[str, Floats]:
    """Fit each named baseline on the corpus and ask it about the records."""
    wanted = [name.strip() for name in names.split(",") if name.strip() and names.strip() != "none"]
    unknown = [name for name in wanted if name not in BASELINES]
    if unknown:
        raise typer.BadParameter(f"unknown baseline {', '.join(unknown)}; known are {', '.join(BASELINES)}")
    found = {}
    for name in wanted:
        with console.status(f"baseline {name}"):
            baseline = BASELINES[name]()
            baseline.fit(corpus)
            found[name] = baseline.predict([record.document for record in records])
    return found


def _gate(
    challenger: Assessor,
    records: Sequence[Record],
    data: str,
    model_dir: Path,
    version: str,
    against: str | None = None,
) -> GateReport:
    """The gate's report against the newest other model, or the one named; its losses are printed."""
    champion, note = champion_of(model_dir, version, against)
    report = replaced(run_gate(challenger, champion, records, data), note=note)
    if note is not None:
        console.print(f"gate: {note}")
    for loss in report.losses:
        console.print(f"[red]gate: {loss}[/red]")
    if not report.losses:
        console.print(f"gate: passed against {report.against or 'no other model'}")
    return report


def _fit_with_progress(records: Sequence[Record]) -> FittedModel:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("reading", total=None)
        return fit(
            records,
            load_knowledge(),
            FitConfig(),
            lambda step: progress.update(task, description=f"fitting on {len(records)} items: {step}"),
        )
