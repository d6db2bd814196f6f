"""The families of generated problems, in one folder for each subject."""
