"""Diagnosis: why a model does not learn, found on a batch and named, with the evidence and the cure."""

from nn.diagnosis.diagnose import diagnose
from nn.diagnosis.report import Diagnosis, Finding

__all__ = ["Diagnosis", "Finding", "diagnose"]
