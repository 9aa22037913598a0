"""A mail as it is handed to the notification road: what it says in text and HTML, with its pictures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG that the HTML shows as `<img src="cid:NAME">`; `name` is unique within the mail and safe in a header."""

    name: str
    png: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """`subject` is one line; `text` says everything that `html` says, for readers that show no HTML."""

    subject: str
    text: str
    html: str
    pictures: tuple[Picture, ...] = ()

    def within(self, most: int) -> Mail:
        """The mail itself when it is at most so many bytes, else its text alone."""
        return self if self.size <= most else Mail(self.subject, self.text, "")

    @property
    def size(self) -> int:
        """About how many bytes it takes: pictures travel in base64."""
        return len(self.text.encode()) + len(self.html.encode()) + sum(len(each.png) * 4 // 3 for each in self.pictures)


@dataclass(frozen=True, slots=True)
class MailJob:
    """A mail on its way to its recipients; the same `id` is delivered once."""

    id: str
    recipients: tuple[str, ...]
    mail: Mail
