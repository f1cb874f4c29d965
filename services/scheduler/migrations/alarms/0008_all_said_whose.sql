-- Its work is done; what comes later is completed as it is written.
DROP PROCEDURE say_whose_deadlines();
