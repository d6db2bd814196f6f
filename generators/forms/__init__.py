"""Forms that several families share: how they are drawn, and the proof of their bits."""
