"""Settings of the plugin ``compliance``: the weights of the score (product rules, Compliance score)."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from pydantic import Field, model_validator

from studio_kernel.settings import Section

_PART = "Weight of this part in the score; the four add up to 1: "


class ComplianceSettings(Section):
    """How the score is put together."""

    section: ClassVar[str] = "compliance"
    coverage_weight: float = Field(0.4, ge=0, le=1, description=_PART + "coverage.")
    evidence_weight: float = Field(0.3, ge=0, le=1, description=_PART + "evidence quality.")
    risk_weight: float = Field(0.2, ge=0, le=1, description=_PART + "risk.")
    timeliness_weight: float = Field(0.1, ge=0, le=1, description=_PART + "timeliness.")
    critical_weight: int = Field(4, ge=1, le=1000, description="Weight of a critical control in coverage.")
    high_weight: int = Field(3, ge=1, le=1000, description="Weight of a high-priority control in coverage.")
    medium_weight: int = Field(2, ge=1, le=1000, description="Weight of a medium-priority control in coverage.")
    low_weight: int = Field(1, ge=1, le=1000, description="Weight of a low-priority control in coverage.")
    critical_risk: int = Field(100, ge=1, le=100_000, description="Risk points of a critical gap.")
    high_risk: int = Field(50, ge=1, le=100_000, description="Risk points of a high gap.")
    medium_risk: int = Field(25, ge=1, le=100_000, description="Risk points of a medium gap.")
    low_risk: int = Field(10, ge=1, le=100_000, description="Risk points of a low gap.")
    info_risk: int = Field(5, ge=1, le=100_000, description="Risk points of a gap that is only informative.")

    report_keep_hours: int = Field(
        24, ge=1, le=8760, description="Hours for which a report made in the background stays."
    )
    report_fonts: tuple[str, ...] = Field(
        (), description="Further font files for PDF reports, for scripts that the usual fonts lack, such as Chinese."
    )
    max_framework_mb: int = Field(32, ge=1, le=512, description="Largest definition that can be imported, in MB.")

    @model_validator(mode="after")
    def _parts_add_up(self) -> ComplianceSettings:
        if sum(self.part_weights.values()) != 1:
            raise ValueError("coverage_weight, evidence_weight, risk_weight and timeliness_weight must add up to 1")
        return self

    @property
    def part_weights(self) -> dict[str, Fraction]:
        """The share of each part, exactly as written in decimals."""
        return {
            "coverage": Fraction(str(self.coverage_weight)),
            "evidence_quality": Fraction(str(self.evidence_weight)),
            "risk": Fraction(str(self.risk_weight)),
            "timeliness": Fraction(str(self.timeliness_weight)),
        }

    @property
    def priority_weights(self) -> dict[str, int]:
        """What a control counts in coverage, by priority."""
        return {
            "critical": self.critical_weight,
            "high": self.high_weight,
            "medium": self.medium_weight,
            "low": self.low_weight,
        }

    @property
    def severity_points(self) -> dict[str, int]:
        """What a gap costs, by severity."""
        return {
            "critical": self.critical_risk,
            "high": self.high_risk,
            "medium": self.medium_risk,
            "low": self.low_risk,
            "info": self.info_risk,
        }
