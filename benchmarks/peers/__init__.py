"""The same fleet sent to this service and to other stores of metrics, side by side on one machine."""
